(* SPDX-License-Identifier: BSL-1.0 *)
(** mpmc_ring: try_pop is one step of a bounded FIFO.

    Linearization points: success: the compare-exchange of the head; empty and closed: the load of the tail. busy changes
    nothing, and is answered only if the push that has to fill the slot was between its claim and its end at some moment of
    the call. *)
From iris.base_logic.lib Require Import invariants mono_nat ghost_var.
From iris.unstable.base_logic Require Import mono_list.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import mpmc_ring.

(** an element, or why there is none *)
Inductive popped := Got (v : val) | Nothing (s : status).
Definition answer_of (a : popped) : val :=
  match a with Got v => InjRV v | Nothing s => InjLV #(code s) end.

Section pop.
  Context `{!heapGS Σ, !ringG Σ} (N : namespace) (n : nat) (lap : Z).
  Implicit Types (h t i k p : nat) (xs vs : list val) (m odd : bool).
  Local Notation ring_inv := (ring_inv n lap).
  Local Notation place := (place n lap).
  Local Notation word := (word n lap).
  Local Notation value_of := (value_of n lap).
  Local Notation shape := (shape n lap).

  (** what a pop may answer, when, and what it leaves *)
  Definition pop_answer γ e0 vs m (a : popped) : iProp Σ :=
    match a with
    | Got v => ∃ rest, ⌜vs = v :: rest⌝ ∗ content γ rest m
    | Nothing s => content γ vs m ∗
        match s with
        | empty => ⌜vs = [] ∧ m = false⌝
        | closed => ⌜vs = [] ∧ m = true⌝
        | busy => ∃ p, was_in_flight γ e0 false p
        | success | full => False
        end
    end.
  Definition pop_update γ e0 (Φ : val → iProp Σ) : iProp Σ :=
    atomic_update (TA:=[tele (vs : list val) (m : bool)]) (TB:=[tele (a : popped)]) (⊤ ∖ ↑N) ∅
      (tele_app (λ vs m, content γ vs m))
      (tele_app (λ vs m, tele_app (λ a, pop_answer γ e0 vs m a)))%I
      (tele_app (λ vs m, tele_app (λ a, Φ (answer_of a)))).

  Lemma read_head ts cs lh lt γ :
    {{{ inv N (ring_inv ts cs lh lt γ) }}} !#lh {{{ h, RET #(place h); mono_nat_lb_own γ.(γh) h }}}.
  Proof.
    iIntros (Φ) "#I HΦ". iInv N as (h t xs m es) "(>Hh & Ht & Hxs & >Hgh & H)". wp_load.
    iDestruct (mono_nat_lb_own_get with "Hgh") as "#Hlh".
    iModIntro. iSplitR "HΦ"; first (iNext; iExists h, t, xs, m, es; iFrame).
    by iApply "HΦ".
  Qed.

  (** the ticket's holder: the slot is out of the invariant *)
  Definition holds_pop ts cs γ h (v : val) : iProp Σ :=
    ∃ k i γi, ⌜h = (n*k+i)%nat ∧ γ.(γs) !! i = Some γi⌝ ∗ (ts +ₗ i) ↦{#1/2} #(lap * k + 1%nat) ∗ (cs +ₗ i) ↦ v.

  Lemma claim_step ts cs lh lt γ e0 Φ h k i γi :
    shape γ → h = (n*k+i)%nat → γ.(γs) !! i = Some γi →
    inv N (ring_inv ts cs lh lt γ) -∗ mono_nat_lb_own γi (2 * k + 1) -∗ pop_update γ e0 Φ -∗
    WP CmpXchg #lh #(place h) #(place (S h)) {{ r,
      (∃ v, ⌜r = (#(place h), #true)%V⌝ ∗ Φ (InjRV v) ∗ holds_pop ts cs γ h v) ∨
      (∃ h', ⌜r = (#(place h'), #false)%V⌝ ∗ mono_nat_lb_own γ.(γh) h' ∗ pop_update γ e0 Φ) }}.
  Proof.
    iIntros ((Hn & He & Hl & Hlen & H4) -> Hγi) "#I #HT AU".
    assert (i < n)%nat as Hi by (rewrite -Hlen; by eapply lookup_lt_Some).
    iInv N as (h' t xs m es) "(>Hh & >Ht & >Hxs & >Hgh & >Hgt & >Hgm & >Hc & >Hes & #Hlog & >%Hp & >Hs)".
    destruct (decide (h' = n*k+i)%nat) as [->|Hne]; last first.
    { wp_cmpxchg_fail; first (intros [= ?%place_inj]; lia).
      iDestruct (mono_nat_lb_own_get with "Hgh") as "#Hlh". iModIntro.
      iSplitR "AU"; first (iNext; iExists _, _, _, _, _; by iFrame "∗ #").
      iRight. iExists _. by iFrame "∗ #". }
    wp_cmpxchg_suc.
    iDestruct (big_sepL_lookup_acc_impl with "Hs") as "[Hi Hs]"; first done.
    iDestruct "Hi" as (k' odd) "(Hm & Hq & Hi)".
    iDestruct (mono_nat_lb_own_valid with "Hm HT") as %[_ HT].
    destruct odd; last first.
    { iDestruct "Hi" as "[%Hk _]". assert (k' ≤ k)%nat by (apply (lap_le n i); lia). simpl in HT. lia. }
    iDestruct "Hi" as "[%Hk Hi]". simpl in HT.
    assert (k' = k) as -> by (assert (k' ≤ k)%nat by (apply (lap_le n i); lia); lia).
    iDestruct "Hi" as "[%|[Hq' Hb]]"; first lia. iDestruct "Hb" as (w Hw) "Hb".
    iMod (mono_nat_own_update (S (n*k+i)) with "Hgh") as "[Hgh _]"; first lia.
    iMod (mono_list_auth_own_update_app [Claimed true (n*k+i)] with "Hes") as "[Hes _]".
    iMod "AU" as (vs m') "[Hc' [_ Hclose]]".
    iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
    rewrite (drop_S _ w _ Hw).
    iMod (ghost_var_update_halves (drop (S (n*k+i)) xs, m) with "Hc Hc'") as "[Hc Hc']".
    iMod ("Hclose" $! (Got w) with "[Hc']") as "HΦ"; first (iExists _; by iFrame).
    iModIntro. iSplitR "HΦ Hq' Hb".
    { iNext. iExists (S (n*k+i)), t, xs, m, _. iFrame "Hh Ht Hxs Hgh Hgt Hgm Hc Hes". iSplit.
      { by iApply (log_true_claim _ _ _ _ _ true). }
      iSplit; first (iPureIntro; lia).
      iApply ("Hs" with "[]").
      - iIntros "!>" (j γj Hj Hne) "H". apply lookup_lt_Some in Hj.
        iApply (slot_pop_other with "H"); lia.
      - iExists k, true. iFrame "Hm Hq". iSplit; first (iPureIntro; lia). iLeft. iPureIntro; lia. }
    iLeft. iExists w. iFrame "HΦ". iSplit; first done. iExists k, i, γi. by iFrame.
  Qed.

  (** what the slot's turn told, before busy is answered *)
  Definition not_yet γ e0 h : iProp Σ :=
    (∃ e1, ⌜e0 `prefix_of` e1 ∧ Claimed false h ∉ e1⌝ ∗ logged γ e1) ∨ was_in_flight γ e0 false h.
  Global Instance not_yet_persistent γ e0 h : Persistent (not_yet γ e0 h).
  Proof. apply _. Qed.

  Lemma turn_behind ts cs lh lt γ e0 h k i γi :
    shape γ → h = (n*k+i)%nat → γ.(γs) !! i = Some γi →
    {{{ inv N (ring_inv ts cs lh lt γ) ∗ logged γ e0 }}} !#(ts +ₗ i)
    {{{ k' odd, RET #(lap * k' + Nat.b2n odd);
        mono_nat_lb_own γi (2 * k' + Nat.b2n odd) ∗
        (⌜(2 * k' + Nat.b2n odd ≤ 2 * k)%nat⌝ -∗ not_yet γ e0 h) }}}.
  Proof.
    iIntros ((Hn & He & Hl & Hlen & H4) -> Hγi Φ) "(#I & #He0) HΦ".
    assert (i < n)%nat as Hi by (rewrite -Hlen; by eapply lookup_lt_Some).
    iInv N as (h' t xs m es) "(>Hh & >Ht & >Hxs & >Hgh & >Hgt & >Hgm & >Hc & >Hes & #Hlog & >%Hp & >Hs)".
    iDestruct (big_sepL_lookup_acc with "Hs") as "[Hi Hs]"; first done.
    iDestruct "Hi" as (k' odd) "(Hm & Hq & Hi)". wp_load.
    iDestruct (mono_nat_lb_own_get with "Hm") as "#Hlb".
    iDestruct (mono_list_lb_own_get with "Hes") as "#Hnow".
    iDestruct (mono_list_auth_lb_valid with "Hes He0") as %[_ Hpre].
    iAssert (⌜(2 * k' + Nat.b2n odd ≤ 2 * k)%nat⌝ -∗ not_yet γ e0 (n*k+i))%I as "#Hny".
    { iIntros (Hk). iDestruct "Hlog" as "(%Hcl & _ & #Hfin)".
      destruct (decide (n*k+i < t)%nat) as [Ht|Ht].
      - iRight. iExists es. iFrame "Hnow". iSplit; first done. iSplit.
        { iPureIntro. by apply Hcl. }
        iIntros (Hf). iDestruct ("Hfin" $! _ _ Hf) as (γ') "[%Hγ' Hlb']".
        rewrite ticket_mod // in Hγ'. simplify_eq.
        rewrite ticket_div //. iDestruct (mono_nat_lb_own_valid with "Hm Hlb'") as %[_ Hle].
        simpl in Hle. lia.
      - iLeft. iExists es. iFrame "Hnow". iPureIntro. split; [done|]. by rewrite Hcl. }
    iModIntro. iSplitR "HΦ".
    - iNext. iExists h', t, xs, m, es. iFrame "∗ Hlog". iSplit; first done. iApply "Hs".
      iExists k', odd. iFrame.
    - iApply "HΦ". by iFrame "#".
  Qed.

  Lemma claim_pop_spec ts cs lh lt γ e0 h Φ :
    shape γ →
    inv N (ring_inv ts cs lh lt γ) -∗ logged γ e0 -∗ mono_nat_lb_own γ.(γh) h -∗ pop_update γ e0 Φ -∗
    WP claim_pop (value_of ts cs lh lt) #(place h) {{ r,
      (∃ s, ⌜r = InjLV #(code s)⌝ ∗ Φ (InjLV #(code s))) ∨
      (∃ h v, ⌜r = InjRV #(place h)⌝ ∗ Φ (InjRV v) ∗ holds_pop ts cs γ h v) }}.
  Proof.
    iIntros (Hs) "#I #He0 Hwas AU". pose proof Hs as (Hn & He & Hl & Hlen & H4).
    iLöb as "IH" forall (h). iDestruct "Hwas" as "#Hlh". wp_rec. wp_pures.
    destruct (ticket_split n h) as (k & i & Hi & Hh); [done|].
    destruct (lookup_lt_is_Some_2 γ.(γs) i) as [γi Hγi]; first lia.
    wp_apply wp_lap_of; [done..|]. iIntros "_".
    wp_apply wp_index_of; [done..|]. iIntros "_". wp_pures.
    assert (h `div` n = k)%nat as -> by (rewrite Hh ticket_div //).
    assert (h `mod` n = i)%nat as -> by (rewrite Hh ticket_mod //).
    (* the slot's turn *)
    wp_apply (turn_behind with "[$I $He0]"); [done..|]. iIntros (k' odd) "[#HT #Hny]". wp_pures.
    case_bool_decide as HE; wp_pures.
    { (* filled: claim it *)
      assert (k' = k ∧ odd = true) as [-> ->].
      { injection HE as HE. destruct (Nat.lt_total k' k) as [|[->|]]; destruct odd; simpl in HE; try done; nia. }
      wp_apply wp_next_of; [done..|]. iIntros "_".
      rewrite /weak_cas. wp_pures. wp_apply nondet_bool_spec; first done. iIntros ([]) "_"; wp_pures.
      - wp_apply (read_head with "I"). iIntros (h') "Hwas". wp_pures. by iApply ("IH" with "Hwas AU").
      - wp_bind (CmpXchg _ _ _). iApply (wp_wand with "[AU]").
        { iApply (claim_step with "I [HT] AU"); [done..|]. done. }
        iIntros (r) "[H|H]".
        + iDestruct "H" as (v ->) "[HΦ Hh]". wp_pures. iModIntro. iRight. iExists h, v. by iFrame.
        + iDestruct "H" as (h' ->) "[Hwas AU]". wp_pures. by iApply ("IH" with "Hwas AU"). }
    case_bool_decide as HL; wp_pures; last first.
    { wp_apply (read_head with "I"). iIntros (h') "Hwas". by iApply ("IH" with "Hwas AU"). }
    (* not filled yet *)
    iDestruct ("Hny" with "[%]") as "#Hny'".
    { destruct odd; simpl in HL |- *; [|]; destruct (Nat.lt_total k' k) as [|[->|]]; try lia; nia. }
    wp_apply (read_head with "I"). iIntros (now) "#Hlnow". wp_pures. wp_bind (! _)%E.
    iInv N as (h' t xs m es) "(>Hh & >Ht & >Hxs & >Hgh & >Hgt & >Hgm & >Hc & >Hes & #Hlog & >%Hp & >Hs)". wp_load.
    iDestruct (mono_nat_lb_own_valid with "Hgh Hlh") as %[_ Hle].
    destruct (decide (now = h)) as [->|Hnow]; last first.
    { (* the head has moved on: again from there *)
      iModIntro. iSplitR "AU"; first (iNext; iExists _, _, _, _, _; by iFrame "∗ #"). wp_pures.
      rewrite bool_decide_false; last (intros [= ?%place_inj]; lia). wp_pures.
      rewrite bool_decide_false; last (intros [= ?%place_inj]; lia). wp_pures.
      wp_apply (read_head with "I"). iIntros (again) "#Hlagain". wp_pures.
      rewrite bool_decide_false; last (intros [= ?%place_inj]; lia). wp_pures. by iApply ("IH" with "Hlagain AU"). }
    destruct (decide (t = h)) as [->|Hth].
    - (* nothing was claimed: empty, or closed *)
      assert (drop h' xs = []) as Hnil by (apply drop_ge; lia).
      iMod "AU" as (vs m') "[Hc' [_ Hclose]]".
      iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
      iMod ("Hclose" $! (Nothing (if m then closed else empty)) with "[$Hc']") as "HΦ"; first by destruct m.
      iModIntro. iSplitR "HΦ"; first (iNext; iExists _, _, _, _, _; by iFrame "∗ #"). wp_pures.
      rewrite (bool_decide_true (#(place h) = _)) //. wp_pures. destruct m.
      + rewrite bool_decide_false; last (rewrite /word; intros [=]; lia). wp_pures.
        rewrite (bool_decide_true (#(place h) = _)) //. wp_pures.
        rewrite bool_decide_true; last by rewrite /word. wp_pures.
        iModIntro. iLeft. iExists closed. by iFrame.
      + rewrite bool_decide_true; last by rewrite /word Z.add_0_r. wp_pures.
        iModIntro. iLeft. iExists empty. by iFrame.
    - (* claimed, and it was not filled *)
      iDestruct (mono_list_lb_own_get with "Hes") as "#Hes'".
      iAssert (was_in_flight γ e0 false h) as "#Hfl".
      { iDestruct "Hny'" as "[Hsince|$]". iDestruct "Hsince" as (e1 [Hpre Hno]) "He1".
        iDestruct (mono_list_auth_lb_valid with "Hes He1") as %[_ Hpre'].
        iApply (claimed_since with "Hlog Hes'"); [done..|simpl; lia]. }
      assert (∀ m' : bool, word t m ≠ word h m') as Hne by (intros m' [? ?]%word_inj; done).
      pose proof (Hne false) as Hnef. pose proof (Hne true) as Hnet. rewrite {2}/word Z.add_0_r in Hnef.
      rewrite {2}/word in Hnet.
      iModIntro. iSplitR "AU"; first (iNext; iExists _, _, _, _, _; by iFrame "∗ #"). wp_pures.
      rewrite (bool_decide_true (#(place h) = _)) //. wp_pures.
      rewrite bool_decide_false; last congruence. wp_pures.
      rewrite (bool_decide_true (#(place h) = _)) //. wp_pures.
      rewrite bool_decide_false; last congruence. wp_pures. wp_bind (! _)%E.
      iInv N as (h2 t2 xs2 m2 es2) "(>Hh & >Ht & >Hxs & >Hgh & >Hgt & >Hgm & >Hc & H)". wp_load.
      destruct (decide (h2 = h)) as [->|Hmoved].
      + iMod "AU" as (vs m'') "[Hc' [_ Hclose]]".
        iDestruct (ghost_var_agree with "Hc Hc'") as %[= <- <-].
        iMod ("Hclose" $! (Nothing busy) with "[$Hc']") as "HΦ"; first by iExists _.
        iModIntro. iSplitR "HΦ"; first (iNext; iExists _, _, _, _, _; by iFrame). wp_pures.
        rewrite bool_decide_true //. wp_pures. rewrite bool_decide_true //. wp_pures.
        iModIntro. iLeft. iExists busy. by iFrame.
      + iDestruct (mono_nat_lb_own_get with "Hgh") as "#Hlh'".
        iModIntro. iSplitR "AU"; first (iNext; iExists _, _, _, _, _; by iFrame). wp_pures.
        rewrite bool_decide_true //. wp_pures.
        rewrite bool_decide_false; last (intros [= ?%place_inj]; lia). wp_pures.
        by iApply ("IH" with "Hlh' AU").
  Qed.

  Theorem try_pop_spec r γ e0 :
    is_ring N n lap r γ -∗ logged γ e0 -∗
    <<< ∀∀ vs m, content γ vs m >>> try_pop r @ ↑N
    <<< ∃∃ a, pop_answer γ e0 vs m a, RET answer_of a >>>.
  Proof.
    iIntros "#Hr #He0" (Φ) "AU". iDestruct "Hr" as (ts cs lh lt (-> & Hs)) "#I".
    pose proof Hs as (Hn & He & Hl & Hlen & H4). wp_lam. wp_pures.
    wp_apply (read_head with "I"). iIntros (h) "Hwas".
    wp_bind (claim_pop _ _). iApply (wp_wand with "[Hwas AU]"); first by iApply (claim_pop_spec with "I He0 Hwas AU").
    iIntros (r) "[H|H]".
    { iDestruct "H" as (s ->) "HΦ". by wp_pures. }
    iDestruct "H" as (h' v ->) "[HΦ Hh]". iDestruct "Hh" as (k i γi (-> & Hγi)) "(Hq & Hb)".
    assert (i < n)%nat as Hi by (rewrite -Hlen; by eapply lookup_lt_Some). wp_pures.
    wp_apply wp_index_of; [done..|]. iIntros "_". rewrite ticket_mod //. wp_load. wp_pures.
    wp_apply wp_lap_of; [done..|]. iIntros "_". wp_pures.
    wp_apply wp_index_of; [done..|]. iIntros "_". rewrite ticket_mod // ticket_div //. wp_pures.
    wp_apply (publish _ _ _ _ _ _ _ _ _ _ k true with "[$I $Hq $Hb]"); [done..|].
    iIntros "_". by wp_pures.
  Qed.
End pop.

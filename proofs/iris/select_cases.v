(* SPDX-License-Identifier: BSL-1.0 *)
(** select, case after case: all locks, an attempt or a place in line for each case, and how the nodes leave again. *)
From iris.bi.lib Require Import fractional.
From iris.base_logic.lib Require Import invariants cancelable_invariants ghost_var ghost_map.
From iris.heap_lang Require Import proofmode notation.
From sluice Require Import waiter waiter_owner select select_lines.

Section select.
  Context `{!heapGS Σ, !waitG Σ} (N : namespace).
  Implicit Types (c : chan) (n w : loc) (i : nat) (m : bool) (L P : list lined) (W : waiter (Σ := Σ)) (κ : case (Σ := Σ)).
  Notation parties := (parties N). Notation place := (place N). Notation claimed := (claimed N).
  Notation to_ring := (to_ring N). Notation is_waiter := (is_waiter N). Notation offer := (offer N). Notation commit := (commit N).
  Notation E := (⊤ ∖ ↑N).

  Notation sides := (sides N). Notation state := (state N). Notation chan_inv := (chan_inv N). Notation is_chan := (is_chan N).
  Notation attempted := (attempted N).

  (** ** The lists that the program walks over *)
  Fixpoint chans_value (cs : list chan) : val :=
    match cs with [] => NONEV | c :: cs => SOMEV (chan_value c, chans_value cs) end.
  Fixpoint cases_value (κs : list (case (Σ := Σ))) : val :=
    match κs with [] => NONEV | κ :: κs => SOMEV (case_value κ, cases_value κs) end.
  Fixpoint nodes_value (l : list (case (Σ := Σ) * (loc * Qp))) : val :=
    match l with [] => NONEV | y :: l => SOMEV ((case_value y.1, #y.2.1), nodes_value l) end.
  Notation node_frag W y := (y.2.1 ↪[γn (on y.1) (pushes y.1)] (γw W, y.2.2, at_ W))%I.

  (** ** All locks at once *)
  Lemma lock_all_spec cs :
    {{{ [∗ list] c ∈ cs, is_chan c }}} lock_all (chans_value cs) {{{ RET #(); [∗ list] c ∈ cs, locked (γl c) ∗ guarded N c }}}.
  Proof.
    iIntros (Φ) "#H HΦ". iInduction cs as [|c cs] "IH"; wp_rec; wp_pures; first by iApply "HΦ".
    rewrite big_sepL_cons. iDestruct "H" as "[Hc Hcs]". rewrite /chan_value. wp_pures. wp_apply (lock_spec with "Hc").
    iIntros "Hl". wp_pures. iApply ("IH" with "Hcs"). iIntros "!> Hall". iApply "HΦ". iFrame.
  Qed.
  Lemma unlock_all_spec cs :
    {{{ ([∗ list] c ∈ cs, is_chan c) ∗ [∗ list] c ∈ cs, locked (γl c) ∗ guarded N c }}} unlock_all (chans_value cs) {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "[#H Hall] HΦ". iInduction cs as [|c cs] "IH"; wp_rec; wp_pures; first by iApply "HΦ".
    rewrite !big_sepL_cons. iDestruct "H" as "[Hc Hcs]". iDestruct "Hall" as "[[Hl Hg] Hall]". rewrite /chan_value. wp_pures.
    wp_apply (unlock_spec with "[$Hc $Hl $Hg]"). iIntros "_". wp_pures. iApply ("IH" with "Hcs Hall HΦ").
  Qed.
  Definition hand (cs : list chan) (o : option loc) : iProp Σ := [∗ list] c ∈ cs, holder c o ∗ chan_inv c.
  Lemma take_hold cs o :
    ([∗ list] c ∈ cs, locked (γl c) ∗ guarded N c) ==∗
    ([∗ list] c ∈ cs, locked (γl c)) ∗ ([∗ list] c ∈ cs, holder c o) ∗ hand cs o.
  Proof.
    iIntros "H". rewrite /hand. iInduction cs as [|c cs] "IH"; first (iModIntro; simpl; by repeat iSplit). rewrite !big_sepL_cons.
    iDestruct "H" as "[[$ [Hh $]] H]". iDestruct "Hh" as (o') "Hh". iMod (ghost_var_update o with "Hh") as "[$ $]".
    by iApply "IH".
  Qed.
  Lemma hand_acc cs o c :
    c ∈ cs → hand cs o -∗ (holder c o ∗ chan_inv c) ∗ ((holder c o ∗ chan_inv c) -∗ hand cs o).
  Proof. intros [k Hk]%elem_of_list_lookup. iIntros "H". by iApply (big_sepL_lookup_acc with "H"). Qed.
  Lemma holder_join c o : holder c o -∗ holder c o -∗ ghost_var (γh c) 1 o.
  Proof. rewrite /holder. iIntros "H H'". iApply (fractional_half_2 with "H H'"). Qed.
  Lemma drop_hold cs o :
    ([∗ list] c ∈ cs, locked (γl c)) -∗ ([∗ list] c ∈ cs, holder c o) -∗ hand cs o -∗
    [∗ list] c ∈ cs, locked (γl c) ∗ guarded N c.
  Proof.
    iIntros "Hl Hh H". rewrite /hand. iInduction cs as [|c cs] "IH"; first done. rewrite !big_sepL_cons.
    iDestruct "Hl" as "[$ Hl]". iDestruct "Hh" as "[Hh Hhs]". iDestruct "H" as "[[Hh' $] H]".
    iSplitL "Hh Hh'"; first (iExists o; by iApply (holder_join with "Hh Hh'")). iApply ("IH" with "Hl Hhs H").
  Qed.

  (** ** Case after case *)
  Definition tried W i (ks : list (case (Σ := Σ))) (r : Qp) (v : val) : iProp Σ :=
    ∃ (l : list (case (Σ := Σ) * (loc * Qp))) (f : val) (r' : Qp), ⌜v = (f, nodes_value l)%V⌝ ∗ ⌜l.*1 `prefix_of` ks⌝ ∗
      hand (gates W) (Some (at_ W)) ∗ ([∗ list] k ↦ y ∈ l, numbered W (i + k) y.2 ∗ stays W y.1 y.2) ∗
      cinv_own (γw W) r' ∗ (cinv_own (γw W) r' -∗ ([∗ list] y ∈ l, cinv_own (γw W) y.2.2) -∗ cinv_own (γw W) r) ∗
      ((⌜f = NONEV ∧ l.*1 = ks⌝ ∗ offer (cases W)) ∨
       ∃ κ (ok : bool) (s : option loc), ⌜f = SOMEV (#(i + length l)%nat, (#ok, ptr s)) ∧ ks !! length l = Some κ⌝ ∗
         outcome κ ok ∗ (if s is Some n then to_ring n else True) ∗ [∗ list] κ' ∈ drop (S (length l)) ks, holds κ').

  Lemma try_spec W ks : ∀ i (I : gmap nat (loc * Qp)) (r : Qp),
    (∀ k κ, ks !! k = Some κ → cases W !! (i + k)%nat = Some κ) → (∀ j, (i ≤ j)%nat → I !! j = None) →
    {{{ is_waiter W ∗ hand (gates W) (Some (at_ W)) ∗ cinv_own (γw W) r ∗ ghost_map_auth (γi W) 1 I ∗ offer (cases W) ∗
        [∗ list] κ ∈ ks, holds κ }}}
      try_or_line_up #(at_ W) #i (cases_value ks)
    {{{ v, RET v; tried W i ks r v }}}.
  Proof.
    induction ks as [|κ ks IH]; intros i I r Hks HI; iIntros (Φ) "(#Hw & Hh & Hr & HI & Ho & Hks) HΦ"; wp_rec; wp_pures.
    { iApply "HΦ". iModIntro. iExists [], NONEV, r. iFrame "Hh Hr". iSplit; first done. iSplit; first done.
      iSplit; first (simpl; done). iSplitR; first by iIntros "$ _". iLeft. by iFrame. }
    pose proof (Hks 0%nat κ eq_refl) as Hκ. rewrite Nat.add_0_r in Hκ.
    iAssert ⌜on κ ∈ gates W⌝%I as %Hg.
    { iDestruct "Hw" as "[%H _]". iPureIntro. by eapply H, elem_of_list_lookup_2. }
    rewrite big_sepL_cons. iDestruct "Hks" as "[Hκ Hks]".
    iDestruct (hand_acc with "Hh") as "[[Hhc Hc] Hh]"; first done.
    rewrite {1}/case_value. wp_pures. wp_bind (App (App (App (If _ _ _) _) _) _).
    iApply (wp_wand _ _ _ (λ v, holder (on κ) (Some (at_ W)) ∗ attempted (cases W) κ v)%I with "[Hhc Hc Hκ Ho]").
    { destruct (pushes κ) eqn:Hp; wp_pures.
      - wp_apply (push_locked_spec N (cases W) i κ (Some (at_ W)) with "[$Hhc $Hc $Hκ $Ho]"); [done..|]. by iIntros (v) "$".
      - wp_apply (pop_locked_spec N (cases W) i κ (Some (at_ W)) with "[$Hhc $Hc $Hκ $Ho]"); [done..|]. by iIntros (v) "$". }
    iIntros (v) "[Hhc [(-> & Hc & Hκ & Ho)|H]]"; last first.
    { iDestruct "H" as (ok s ->) "(Hc & Hout & Hs)". wp_pures. iApply "HΦ". iModIntro.
      iDestruct ("Hh" with "[$Hhc $Hc]") as "Hh". iExists [], _, r. iFrame "Hh Hr". iSplit; first done.
      iSplit; first (iPureIntro; apply prefix_nil). iSplit; first (simpl; done).
      iSplitR; first by iIntros "$ _". iRight. iExists κ, ok, s. rewrite Nat.add_0_r. by iFrame. }
    wp_pures. iDestruct "Hr" as "[Hr Hr']".
    wp_apply (line_up_spec N W i κ (r / 2) I with "[$Hc $Hw $Hr' $HI]"); [done|by apply HI|].
    iIntros (n) "(Hc & Hn & #Hnum & HI)". iDestruct ("Hh" with "[$Hhc $Hc]") as "Hh". wp_pures.
    replace (i + 1)%Z with (Z.of_nat (S i)) by lia.
    wp_apply (IH (S i) (<[i := (n, (r / 2)%Qp)]> I) (r / 2)%Qp with "[$Hw $Hh $Hr $HI $Ho $Hks]").
    { intros k κ' Hk. replace (S i + k)%nat with (i + S k)%nat by lia. by apply Hks. }
    { intros j Hj. rewrite lookup_insert_ne; [apply HI|]; lia. }
    iIntros (v) "H". iDestruct "H" as (l f r' -> Hl) "(Hh & Hl & Hr & Hback & Hf)". wp_pures. iApply "HΦ". iModIntro.
    iExists ((κ, (n, (r / 2)%Qp)) :: l), f, r'. iFrame "Hh Hr". iSplit; first done.
    iSplit; first (iPureIntro; by apply prefix_cons).
    iSplitL "Hl Hn Hκ".
    { rewrite big_sepL_cons Nat.add_0_r. iFrame "Hnum Hn Hκ". iApply (big_sepL_mono with "Hl"). intros k y _. simpl.
      by rewrite Nat.add_succ_r. }
    iSplitL "Hback".
    { iIntros "Hr". rewrite big_sepL_cons. iIntros "[Hn Hl]". iDestruct ("Hback" with "Hr Hl") as "Hr".
      iCombine "Hr Hn" as "Hr". iExact "Hr". }
    iDestruct "Hf" as "[[%Hf Ho]|Hf]".
    - iLeft. iFrame. iPureIntro. destruct Hf as [-> <-]. done.
    - iRight. iDestruct "Hf" as (κ' ok s [-> Hk]) "Hf". iExists κ', ok, s. simpl. rewrite Nat.add_succ_r. by iFrame.
  Qed.

  Lemma leave_locked_spec W l o :
    (∀ y, y ∈ l → on y.1 ∈ gates W) →
    {{{ hand (gates W) o ∗ [∗ list] y ∈ l, node_frag W y }}} leave_locked (nodes_value l)
    {{{ RET #(); hand (gates W) o ∗ [∗ list] y ∈ l, cinv_own (γw W) y.2.2 }}}.
  Proof.
    induction l as [|[κ [n q]] l IH]; intros Hg; iIntros (Φ) "[Hh Hl] HΦ"; wp_rec; wp_pures; first (iApply "HΦ"; by iFrame).
    rewrite big_sepL_cons. iDestruct "Hl" as "[Hn Hl]".
    iDestruct (hand_acc _ _ (on κ) with "Hh") as "[[Hhc Hc] Hh]"; first (apply (Hg (κ, (n, q))); left).
    wp_apply (leave_spec with "[$Hc $Hn]"). iIntros "(Hc & Hq & Hf)". iDestruct ("Hh" with "[$Hhc $Hc]") as "Hh". wp_pures.
    wp_apply (end_node_spec with "Hf"). iIntros "_". wp_pures. wp_apply (IH with "[$Hh $Hl]"); first (intros; apply Hg; by right).
    iIntros "[Hh Hl]". iApply "HΦ". iFrame.
  Qed.

  (** j is the one that was served, and whose node its owner has already; none, where j is negative *)
  Lemma leave_others_spec W l : ∀ j : Z,
    (∀ y, y ∈ l → on y.1 ∈ gates W) →
    {{{ ([∗ list] c ∈ gates W, is_chan c) ∗
        [∗ list] k ↦ y ∈ l, if decide (Z.of_nat k = j) then frame y.2.1 ∗ cinv_own (γw W) y.2.2 else node_frag W y }}}
      leave_others #j (nodes_value l)
    {{{ RET #(); [∗ list] y ∈ l, cinv_own (γw W) y.2.2 }}}.
  Proof.
    induction l as [|[κ [n q]] l IH]; intros j Hg; iIntros (Φ) "[#Hcs Hl] HΦ"; wp_rec; wp_pures; first by iApply "HΦ".
    rewrite !big_sepL_cons. iDestruct "Hl" as "[Hn Hl]". wp_bind (If _ _ _).
    iApply (wp_wand _ _ _ (λ _, frame n ∗ cinv_own (γw W) q)%I with "[Hn]").
    { rewrite {2}/case_value /chan_value. case_decide as Hj.
      - rewrite bool_decide_true; last (by subst). wp_pures. done.
      - rewrite bool_decide_false; last (intros [=]; lia). wp_pures.
        iDestruct (big_sepL_elem_of _ _ (on κ) with "Hcs") as "Hc"; first (apply (Hg (κ, (n, q))); left).
        wp_apply (lock_spec with "Hc"). iIntros "[Hlk [Ho Hi]]". wp_pures.
        wp_apply (leave_spec with "[$Hi $Hn]"). iIntros "(Hi & Hq & Hf)". wp_pures.
        wp_apply (unlock_spec with "[$Hc $Hlk $Ho $Hi]"). iIntros "_". iFrame. }
    iIntros (?) "[Hf Hq]". wp_pures. wp_apply (end_node_spec with "Hf"). iIntros "_". wp_pures.
    wp_apply (IH (j - 1)%Z with "[$Hcs Hl]"); first (intros; apply Hg; by right).
    { iApply (big_sepL_mono with "Hl"). intros k y _. repeat case_decide; try lia; done. }
    iIntros "Hl". iApply "HΦ". iFrame.
  Qed.

  Lemma accept_spec l (j : nat) y (b : bool) :
    l !! j = Some y → {{{ (y.2.1 +ₗ 3) ↦ #b }}} accept #j (nodes_value l) {{{ RET #b; (y.2.1 +ₗ 3) ↦ #b }}}.
  Proof.
    revert j. induction l as [|y' l IH]; intros j Hj; first done. iIntros (Φ) "Hn HΦ". wp_rec. wp_pures. destruct j as [|j].
    - injection Hj as ->. wp_pures. wp_load. by iApply "HΦ".
    - rewrite bool_decide_false; last (intros [=]; lia). wp_pures. replace (S j - 1)%Z with (Z.of_nat j) by lia.
      by wp_apply (IH with "Hn").
  Qed.
End select.

(* SPDX-License-Identifier: BSL-1.0 *)
(** reclaim: who frees has looked at each record's bounds after the object was retired. What a look excludes stays excluded,
    for nobody takes up what is retired; so a record is out of the question from its own look on, and no snapshot of all
    records is needed. *)
From iris.base_logic.lib Require Import invariants mono_nat ghost_map.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import reclaim reclaim_state.

Section scan.
  Context `{!heapGS Σ, !reclaimG Σ} (N : namespace) (content : loc → iProp Σ).
  Implicit Types (γ : names) (d r o l f k : loc) (x : reader) (R : gmap loc reader) (O : gmap loc object) (e b u : nat).
  Implicit Types (K : nat → nat → gset loc → Prop).
  Notation stamped := (stamped content).
  Notation is_domain := (is_domain N content).

  Lemma all_within γ d e R O os :
    state γ d e R O -∗ ([∗ list] o ∈ os, stamped γ any o) -∗
      state γ d e R O ∗ [∗ list] o ∈ os, stamped γ (within (dom R)) o.
  Proof.
    iIntros "Hs Hos". iInduction os as [|o os] "IH"; simpl; first by iFrame.
    iDestruct "Hos" as "[Ho Hos]". iDestruct ("IH" with "Hs Hos") as "[Hs $]".
    iDestruct "Ho" as (b u may t [Ht _]) "[(Ho & Hr) H1]".
    iDestruct (state_has with "Hs Ho") as %[Hs Hy].
    iFrame "Hs". iExists b, u, may, t. iFrame. iPureIntro. split; [done|].
    destruct Hs as [_ HO]. by destruct (HO o _ Hy) as [_ Hmay]; apply (Hmay u may).
  Qed.

  (** What a look at a record excludes, for all that one wants to free, at once. *)
  Definition passing K (spare : nat → nat → Prop) r : nat → nat → gset loc → Prop :=
    λ b t may, K b t may ∧ (spare b t → r ∉ may).
  Lemma pass_all γ d e R r x K (spare : nat → nat → Prop) `{!∀ b t, Decision (spare b t)} os O :
    R !! r = Some x → (∀ b t m m', m' ⊆ m → K b t m → K b t m') →
    (∀ O o b u may t, reader_sound e O r x → O !! o = Some (Object b (Some (u, may))) → u ≤ t → spare b t → o ∉ took x) →
    state γ d e R O -∗ ([∗ list] o ∈ os, stamped γ K o) ==∗
      ∃ O', ⌜dom O' = dom O⌝ ∗ state γ d e R O' ∗ [∗ list] o ∈ os, stamped γ (passing K spare r) o.
  Proof.
    iIntros (Hx HK Hspare) "Hs Hos". iInduction os as [|o os] "IH" forall (O); simpl.
    { iModIntro. iExists O. by iFrame. }
    iDestruct "Hos" as "[Ho Hos]". iMod ("IH" with "Hs Hos") as (O' HO') "[Hs $]".
    iDestruct "Ho" as (b u may t [Ht HKo]) "[(Ho & Hr) H1]". iDestruct (state_object with "Hs Ho") as "[[%Hs %Hy] Hset]".
    destruct (decide (spare b t)) as [Hsp|Hsp].
    - assert (o ∉ took x) as Hn by (eapply Hspare; [by eapply sound_at|done..]).
      iMod ("Hset" $! (Object b (Some (u, may ∖ {[r]}))) with "[]") as "[Hs Ho]".
      { iPureIntro. split; [by eapply sound_pass|done]. }
      iModIntro. iExists _. iFrame "Hs". iSplit; first by rewrite dom_insert_lookup_L. iExists b, u, _, t. iFrame.
      iPureIntro. split; [done|]. split; [eapply HK; [|done]; set_solver|]. set_solver.
    - iMod ("Hset" $! (Object b (Some (u, may))) with "[]") as "[Hs Ho]".
      { iPureIntro. by rewrite insert_id. }
      iModIntro. iExists _. iFrame "Hs". iSplit; first by rewrite dom_insert_lookup_L. iExists b, u, _, t. by iFrame.
  Qed.
  Definition spared_by_lower (lo : option nat) (b t : nat) : Prop := match lo with None => True | Some lo => t < lo end.
  Global Instance spared_by_lower_dec lo b t : Decision (spared_by_lower lo b t).
  Proof. destruct lo; simpl; [apply lt_dec|apply _]. Defined.
  Definition spared_by_upper (up b t : nat) : Prop := up < b.
  Global Instance spared_by_upper_dec up b t : Decision (spared_by_upper up b t).
  Proof. apply lt_dec. Defined.
  Lemma lower_spares e O o b u may t r x :
    reader_sound e O r x → O !! o = Some (Object b (Some (u, may))) → u ≤ t → spared_by_lower (from x) b t → o ∉ took x.
  Proof.
    intros (Hnone & _ & _ & Ht) Ho Hu Hlo Hin. destruct (from x) as [lo|] eqn:Hf; simpl in Hlo; last (rewrite Hnone in Hin; set_solver).
    destruct (Ht o Hin) as (y & Hy & _ & Hg). rewrite Ho in Hy. injection Hy as <-.
    destruct (Hg u may eq_refl) as [_ Hle]. specialize (Hle lo eq_refl). lia.
  Qed.
  Lemma upper_spares e O o b u may t r x :
    reader_sound e O r x → O !! o = Some (Object b (Some (u, may))) → u ≤ t → spared_by_upper (upto x) b t → o ∉ took x.
  Proof.
    intros (_ & _ & _ & Ht) Ho Hu Hup Hin. destruct (Ht o Hin) as (y & Hy & Hb & _). rewrite Ho in Hy. injection Hy as <-.
    rewrite /spared_by_upper in Hup. simpl in Hb. lia.
  Qed.

  Lemma sift_spec γ K M (lo up : nat) l k rest :
    (∀ b t may, K b t may → ¬ (lo ≤ t ∧ b ≤ up) → may ⊆ M) →
    {{{ stack (stamped γ K) l ∗ stack (stamped γ any) k ∗ stack (stamped γ (within M)) rest }}}
      sift #l #lo #up #k #rest
    {{{ RET #(); l ↦ NONEV ∗ stack (stamped γ any) k ∗ stack (stamped γ (within M)) rest }}}.
  Proof.
    iIntros (HK Φ) "(Hl & Hk & Hr) HΦ". iLöb as "IH". wp_rec. wp_pures. wp_apply (pop_spec with "Hl").
    iIntros (v) "[[-> Hl]|H]"; first by (wp_pures; iApply "HΦ"; iFrame).
    iDestruct "H" as (o ->) "(Hl & Ho & Hn)". iDestruct "Ho" as (b u may t [Hu HKo]) "[(Ho & H0 & Hf) H1]".
    wp_pures. wp_load. wp_pures. destruct (decide (lo ≤ t ∧ b ≤ up)) as [[Hlo Hup]|Hnot].
    - rewrite bool_decide_true; last lia. wp_pures. wp_load. wp_pures. rewrite bool_decide_true; last lia. wp_pures.
      wp_apply (push_spec with "[$Hk $Hn Ho H0 Hf H1]").
      { iExists b, u, may, t. by iFrame. }
      iIntros "Hk". wp_pures. by iApply ("IH" with "Hl Hk Hr").
    - iAssert (stamped γ (within M) o -∗ WP push #rest #o;; sift #l #lo #up #k #rest {{ v, Φ v }})%I with "[Hl Hk Hr Hn HΦ]" as "H".
      { iIntros "Ho". wp_apply (push_spec with "[$Hr $Hn $Ho]"). iIntros "Hr". wp_pures. by iApply ("IH" with "Hl Hk Hr"). }
      iAssert ((o +ₗ 0) ↦{#1/2} #b -∗ stamped γ (within M) o)%I with "[Ho Hf H1]" as "Ho".
      { iIntros "H0". iExists b, u, may, t. iFrame. iPureIntro. split; [done|]. by eapply HK. }
      case_bool_decide as Hlo; wp_pures; last by iApply ("H" with "(Ho H0)").
      wp_load. wp_pures. rewrite bool_decide_false; last lia. wp_pures. by iApply ("H" with "(Ho H0)").
  Qed.

  Lemma scan_spec γ d (m p : val) f k l v rs :
    {{{ is_domain γ d ∗ line γ v rs ∗ stack (stamped γ (within (list_to_set rs))) l ∗ stack (stamped γ any) k }}}
      scan ((#d, m), (p, (#f, #k)))%V #l v
    {{{ RET #(); stack (stamped γ (within ∅)) l ∗ stack (stamped γ any) k }}}.
  Proof.
    iIntros (Φ) "(#[I I'] & Hv & Hl & Hk) HΦ". iInduction rs as [|r rs] "IH" forall (v); wp_rec.
    { iDestruct "Hv" as %->. wp_pures. iApply "HΦ". by iFrame. }
    iDestruct "Hv" as (->) "#[Hr Hv]". iDestruct "Hv" as (w) "[Hw Hv]". wp_pures. wp_bind (! _)%E.
    iDestruct "Hl" as (v os) "(Hl & Hc & Hos)".
    iInv "I" as (e R O) "[>Hs HO]". iDestruct (state_known with "Hs Hr") as (x [Hsd Hx]) "(H0 & H1 & Hs)". wp_load.
    iDestruct ("Hs" with "H0 H1") as "Hs".
    iMod (pass_all _ _ _ _ _ _ _ (spared_by_lower (from x)) with "Hs Hos") as (O' HO') "[Hs Hos]"; [done| |by eauto using lower_spares|].
    { rewrite /within. intros b t may may' ??. set_solver. }
    iModIntro. iSplitL "Hs HO"; first (iNext; iExists e, R, O'; iFrame; by rewrite /contents HO').
    destruct (from x) as [lo|]; simpl.
    - wp_pures. rewrite bool_decide_false; last (intros [=]; lia). wp_pures. wp_bind (! _)%E. clear e R O O' x Hsd Hx HO'.
      iInv "I" as (e R O) "[>Hs HO]". iDestruct (state_known with "Hs Hr") as (x [Hsd Hx]) "(H0 & H1 & Hs)". wp_load.
      iDestruct ("Hs" with "H0 H1") as "Hs".
      iMod (pass_all _ _ _ _ _ _ _ (spared_by_upper (upto x)) with "Hs Hos") as (O' HO') "[Hs Hos]"; [done| |by eauto using upper_spares|].
      { rewrite /passing /within. intros b t may may' ? [??]. set_solver. }
      iModIntro. iSplitL "Hs HO"; first (iNext; iExists e, R, O'; iFrame; by rewrite /contents HO').
      wp_pures. wp_alloc rest as "Hrest". wp_pures.
      set (K := passing (passing (within ({[r]} ∪ list_to_set rs)) (spared_by_lower (Some lo)) r) (spared_by_upper (upto x)) r).
      assert (∀ b t may, K b t may → ¬ (lo ≤ t ∧ b ≤ upto x) → may ⊆ list_to_set rs) as HK.
      { rewrite /K /passing /within /spared_by_lower /spared_by_upper. intros b t may [[Hin Hlo] Hup] Hnot.
        assert (r ∉ may) as Hr by (destruct (decide (t < lo)); [auto|apply Hup; lia]). clear -Hin Hr. set_solver. }
      iAssert (stack (stamped γ K) l) with "[Hl Hc Hos]" as "Hl"; first (iExists v, os; iFrame "Hl Hc Hos").
      iDestruct (stack_empty (stamped γ (within (list_to_set rs))) with "Hrest") as "Hrest".
      wp_apply (sift_spec γ K (list_to_set rs) lo (upto x) l k rest HK with "[Hl Hk Hrest]"); first iFrame "Hl Hk Hrest".
      iIntros "(Hl & Hk & Hrest)". wp_pures. iDestruct "Hrest" as (v' os') "(Hrest & Hc & Hos)". wp_load. wp_store. wp_load.
      iApply ("IH" with "Hv [Hl Hc Hos] Hk HΦ"). iExists v', os'. by iFrame.
    - wp_pures. wp_load. iApply ("IH" with "Hv [Hl Hc Hos] Hk HΦ"). iApply (stack_mono (stamped γ (passing (within ({[r]} ∪ list_to_set rs)) (spared_by_lower None) r))).
      { iIntros (o) "Ho". iDestruct "Ho" as (b u may t [Hu [Hin Hn]]) "Ho". iExists b, u, may, t. iFrame. iPureIntro.
        split; [done|]. rewrite /within in Hin |- *. specialize (Hn Logic.I). clear -Hin Hn. set_solver. }
      iExists v, os. by iFrame.
  Qed.
  Lemma unprotected_spec γ d (m p : val) f k :
    {{{ is_domain γ d ∗ stack (stamped γ any) k }}} unprotected ((#d, m), (p, (#f, #k)))%V
    {{{ l, RET #l; stack (stamped γ (within ∅)) l ∗ stack (stamped γ any) k }}}.
  Proof.
    iIntros (Φ) "[#[I I'] Hk] HΦ". iDestruct "Hk" as (v os) "(Hk & Hc & Hos)". wp_lam. wp_pures. wp_load. wp_alloc l as "Hl".
    wp_pures. wp_store. wp_pures. wp_bind (! _)%E. iInv "I" as (e R O) "[>Hs HO]".
    iDestruct (all_within with "Hs Hos") as "[Hs Hos]".
    iDestruct "Hs" as "(He & Hm & Hln & Hs)". iDestruct "Hln" as (w rs) "(Hw & #Hln & %Hdom)". wp_load. iModIntro.
    iSplitL "He Hm Hw Hs HO"; first (iNext; iExists e, R, O; iFrame; iExists w, rs; by iFrame "∗ #").
    wp_apply (scan_spec with "[$I $I' $Hln Hl Hc Hos Hk]").
    { rewrite Hdom. iSplitL "Hl Hc Hos"; [iExists v, os; by iFrame|by iApply stack_empty]. }
    iIntros "[Hl Hk]". wp_pures. iApply "HΦ". by iFrame.
  Qed.
End scan.
